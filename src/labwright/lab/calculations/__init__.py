"""What laboratories calculate, on plain values: designs, genetics, weights and fluids. It knows no database."""
