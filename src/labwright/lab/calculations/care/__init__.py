"""Weights and fluids of animals as calculations on plain values. What is too light or too long is policy of a lab."""
