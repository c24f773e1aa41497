"""Pages inked by the workers of a Dask cluster: `crew` hands them out here, `station` inks them on each worker."""
