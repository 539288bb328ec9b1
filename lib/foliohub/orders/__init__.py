"""Orders: from target weights and holdings to whole shares that can be paid for."""

from foliohub.orders.rebalancing import ORDER_COLUMNS, RebalanceOrders, rebalance

__all__ = ["ORDER_COLUMNS", "RebalanceOrders", "rebalance"]
