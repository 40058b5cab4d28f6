"""SARIF 2.1.0: written, and read back as a baseline."""
