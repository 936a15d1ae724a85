"""The blob store of the local Azure: containers and block blobs on disk, behind SAS or role assignments."""
