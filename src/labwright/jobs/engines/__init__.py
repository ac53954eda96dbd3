"""What starts workers: on this machine, in a pool, on a Dask cluster, by Slurm."""
