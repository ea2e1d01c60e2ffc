"""AutoETS of statsforecast on the series of goals; runs in the environment that has statsforecast.

Run: python statsforecast_goals.py PAST FORECAST STEPS. PAST is a parquet file with unique_id, ds (a number), y;
FORECAST gets unique_id, ds, AutoETS and its 80 % bounds for as many steps.
"""

import sys


def main() -> None:
    """Read, forecast, write."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, HistoricAverage

    # AutoETS refuses series of a few values; of those the mean is the forecast.
    models = StatsForecast(models=[AutoETS(season_length=1)], freq=1, fallback_model=HistoricAverage())
    models.forecast(df=pd.read_parquet(sys.argv[1]), h=int(sys.argv[3]), level=[80]).to_parquet(sys.argv[2])


if __name__ == "__main__":
    main()
