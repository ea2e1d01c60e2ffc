"""Stage 1: Asana's records as they are, merged by gid, with a goal snapshot at each sync."""
