"""Distributed data-parallel training (DDP): several processes, one run."""
