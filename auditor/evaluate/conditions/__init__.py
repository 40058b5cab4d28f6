"""Conditions of rules: what may be written (`grammar`), what it means (`explain`), the same fast (`compile`)."""
