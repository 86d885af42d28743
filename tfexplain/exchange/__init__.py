"""Exchanges windows between samples: where must something change for the prediction to follow?"""

from tfexplain.exchange.exchange import Exchange, TooFewPairs, check_exchanged
from tfexplain.exchange.exchange_map import ExchangeMap

__all__ = ["Exchange", "ExchangeMap", "TooFewPairs", "check_exchanged"]
