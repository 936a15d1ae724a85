"""Key Vault: vaults as resources, and the secrets in them. Keys and certificates are refused by name."""
