"""Certificates: where each is kept and used, who issued it and when it expires."""
