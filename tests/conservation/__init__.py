"""Conservation: what fails in a sound input must not disappear from a damaged one.

    python -m tests.conservation --count 200000 --seed 1

Every input holds two resources that fail, whose names occur nowhere else. It is damaged in ways that do not make the
resources good: keys and values are renamed, spelled in another casing, of another kind, given twice, nested, announced
but missing, or the text or file is cut off, encoded, packed or named otherwise. A sound copy of a resource may stand
beside it, and lines, characters or another document in the text. A run loses a resource when no answer about it is
*fail*, *unknown* or *error*, and no gap and no entry of what was not evaluated names it, its position, or the file that
could not be read. What another part of the input causes does not count (`conservation.witness`).

`inputs` holds the sound inputs, `damages` and `twins` damage them, `files` writes them, `texts` damages what is
written, `archives` packs it, `snapshots` does the same for snapshots, `witness` runs the auditor and finds what was
lost, `runs` repeats that.
"""
