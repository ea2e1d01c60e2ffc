"""How open work fills people's working time: efforts, days, weeks, odds. Frames in, frames out; no table, no stage.

The forecast of load, the rebalancing of it and every what-if lay work out with the same rules and the same luck.
"""
