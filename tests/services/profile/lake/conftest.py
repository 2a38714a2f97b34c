"""Lakes to measure in: DuckDB always, Spark in local mode where Java and PySpark are there (`make lake`)."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator

import pytest
from ibis.backends import BaseBackend

from services.profile.lake.tables import connect


@pytest.fixture(scope="session")
def spark() -> Iterator[BaseBackend]:
    """Spark with two threads in this process."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed here: make lake")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer")
    import ibis
    from pyspark.sql import SparkSession

    wanted = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",  # the data is small, the plan is not
        "spark.sql.codegen.wholeStage": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture(params=["duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> BaseBackend:
    """An engine that measures."""
    makers: dict[str, Callable[[], BaseBackend]] = {
        "duckdb": lambda: connect("duckdb://"),
        "spark": lambda: request.getfixturevalue("spark"),
    }
    return makers[request.param]()
