"""From records to tables; works where no backend is installed."""
