"""Every module that has tables, so that SQLModel.metadata is whole."""

import dispatch.tables
import infra.tables
import payments.payees.tables
import payments.payouts.tables
import payments.rails.tables
import payments.remittances
import payments.runs.tables
import payments.settlements.tables
import payments.tables
import riders_app.tables

MODULES = (
    payments.tables,
    payments.payouts.tables,
    payments.rails.tables,
    payments.payees.tables,
    payments.remittances,
    payments.runs.tables,
    payments.settlements.tables,
    dispatch.tables,
    riders_app.tables,
    infra.tables,
)
