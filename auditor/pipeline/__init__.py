"""The runs that commands start: read, derive, evaluate, report and publish, joined.

In: `settings.Settings`. Out: reports and an exit code. Imports every package but `cli`.
"""
