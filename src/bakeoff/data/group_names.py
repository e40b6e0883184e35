"""How a file or a table says which images belong together; light, for those who only read that."""

MARK = "{group}"
"""In a pattern of files' names, where the group stands."""
COLUMNS = ("group", "groups", "cluster", "patient", "patient_id", "subject", "subject_id",
           "video", "video_id", "scene", "sequence")  # fmt: skip
"""Names of a table's column that tells the groups."""


def is_table(said: str) -> bool:
    """Whether `groups:` names a table and not a pattern."""
    return MARK not in said
