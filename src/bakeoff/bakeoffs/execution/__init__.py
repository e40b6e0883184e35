"""Running jobs: here, on workers, on Ray, in a folder or a bucket."""
