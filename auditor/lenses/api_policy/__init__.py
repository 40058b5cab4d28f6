"""The effective policy of each API and operation of API Management."""
