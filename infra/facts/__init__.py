"""What is known about `infra/` from elsewhere, and how it is made anew: Azure's type tables, the compiler's output."""
