"""AutoETS and TSB of statsforecast on windows of person-weeks; runs in the environment that has statsforecast.

Run: python statsforecast_persons.py PAST FORECAST. PAST is a parquet file with unique_id, ds (a date), y; FORECAST gets
unique_id, ds, TSB, AutoETS and its bounds at 20, 40, 60 and 80 %, eight weeks a window.
"""

import sys


def main() -> None:
    """Forecast every window with both; TSB has no bounds, so that the two are asked one by one."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import TSB, AutoETS

    past = pd.read_parquet(sys.argv[1])
    past["ds"] = pd.to_datetime(past["ds"])
    ets = StatsForecast([AutoETS(season_length=1)], freq="W-MON").forecast(df=past, h=8, level=[20, 40, 60, 80])
    tsb = StatsForecast([TSB(alpha_d=0.1, alpha_p=0.1)], freq="W-MON").forecast(df=past, h=8)
    ets.merge(tsb, on=["unique_id", "ds"]).to_parquet(sys.argv[2])


if __name__ == "__main__":
    main()
