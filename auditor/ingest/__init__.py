"""The edge where files become resources and gaps. Everything here streams; nothing here judges.

`files.read_file` is the way in: it finds out what a file holds and hands it to `json_lines`, `json_stream` or
`yaml_documents`; `shapes` turns each document into resources. What cannot be read ends in a `log.Log`.
"""
