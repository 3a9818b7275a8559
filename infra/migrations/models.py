"""Every module that has tables, so that SQLModel.metadata is whole."""

import dispatch.tables
import infra.tables
import payments.tables

MODULES = (payments.tables, dispatch.tables, infra.tables)
