"""What a deployment's environment means on this machine: known images, conda files, contexts, and building them."""
