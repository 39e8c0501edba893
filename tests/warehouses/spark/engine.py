"""A Spark of this process: Iceberg tables on disk, and the Hive metastore with their names."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.profiles import Profile
from tests.support.ports import free_port, listens
from tests.support.warehouses import SCHEMA, written_profile

# Half an hour off, with a summer time: no value may follow it.
ODD_ZONE = "America/St_Johns"
JAR = "iceberg-spark-runtime-3.5_2.12"
# Spark reads it before its first statement.
THRIFT_PORT = "spark.hadoop.hive.server2.thrift.port"

SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1500m",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
    "spark.hadoop.hive.server2.authentication": "NOSASL",
    # Locks need tables that this metastore does not have; nobody else writes here.
    "spark.hadoop.iceberg.engine.hive.lock-enabled": "false",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.type": "hive",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    "spark.sql.sources.default": "iceberg",
    "spark.sql.session.timeZone": ODD_ZONE,
    # As on Databricks and from Spark 4 on: a cast that fails stops the statement.
    "spark.sql.ansi.enabled": "true",
    # Made for large tables, these cost small ones most of their time.
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.log.level": "FATAL",
}


@contextmanager
def spark_session(folder: Path) -> Iterator[Any]:
    """The session that dbt and the runner find in this process, until the block ends."""
    # They are not in the environment that is linted.
    sql: Any = importlib.import_module("pyspark.sql")
    iceberg: Any = importlib.import_module("snowpark_connect_deps_iceberg")

    port = free_port()
    jars = [str(each) for each in iceberg.list_jars() if each.name.startswith(JAR)]
    settings = {
        **SETTINGS,
        "spark.jars": ",".join(jars),
        "spark.hadoop.hive.metastore.uris": f"thrift://127.0.0.1:{port}",
        THRIFT_PORT: str(free_port()),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        f"-Dderby.stream.error.file={folder}/derby.log",
    }
    builder = sql.SparkSession.builder.enableHiveSupport()
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    _start_metastore(session._jvm, port, folder)
    try:
        yield session
    finally:
        session.stop()


def spark_profile(folder: Path) -> Profile:
    """A profile of the session of this process."""
    output: dict[str, object] = {
        "type": "spark",
        "method": "session",
        "host": "none",
        "schema": SCHEMA.schema,
        "threads": 1,
    }
    return written_profile(folder, output)


def thrift_profile(folder: Path, port: int) -> Profile:
    """A profile of the session's Thrift server, which dbt-spark calls the method `thrift`."""
    output: dict[str, object] = {
        "type": "spark",
        "method": "thrift",
        "host": "127.0.0.1",
        "port": port,
        "auth": "NOSASL",
        "user": "nobody",
        "schema": SCHEMA.schema,
        "threads": 1,
    }
    return written_profile(folder, output)


def thrift_server(session: Any) -> int:  # noqa: ANN401 - pyspark may not be installed
    """Let the session answer Thrift clients too, on a port; it ends with the session."""
    port = int(session.conf.get(THRIFT_PORT))
    session._jvm.org.apache.spark.sql.hive.thriftserver.HiveThriftServer2.startWithContext(
        session._jsparkSession.sqlContext()
    )
    _wait_for(port)
    return port


def _wait_for(port: int) -> None:
    """The server listens a moment after it was started."""
    for _ in range(100):
        if listens(port):
            return
        time.sleep(0.2)
    raise RuntimeError(f"nobody listens on port {port}")


def _start_metastore(jvm: Any, port: int, folder: Path) -> None:  # noqa: ANN401 - Java
    hive = jvm.org.apache.hadoop.hive
    settings = {
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/names;create=true",
        "datanucleus.schema.autoCreateAll": "true",
        "hive.metastore.schema.verification": "false",
        "hive.metastore.warehouse.dir": str(folder / "warehouse"),
        "hive.metastore.uris": "",
    }
    configuration = hive.conf.HiveConf()
    for name, value in settings.items():
        configuration.set(name, value)
    bridge = hive.shims.ShimLoader.getHadoopThriftAuthBridge()
    hive.metastore.MetaStoreUtils.startMetaStore(port, bridge, configuration)
