"""Records: the files on disk, their fields and their JSON."""
