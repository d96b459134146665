"""The wiring of the demonstration."""

from kedro.pipeline import Node, Pipeline

from evergreen.pipelines.demo.client_flaws import find_client_flaws, spoil_clients
from evergreen.pipelines.demo.clients import draw_clients
from evergreen.pipelines.demo.contact_flaws import deliver_contacts, find_contact_flaws
from evergreen.pipelines.demo.contacts import draw_contacts, keep_campaign
from evergreen.pipelines.demo.indicators import draw_indicators, publish_indicators
from evergreen.pipelines.demo.notes import draw_notes, write_notes
from evergreen.pipelines.demo.outcomes import draw_outcomes
from evergreen.pipelines.demo.truth import tell_truth


def create_pipeline() -> Pipeline:
    """Fabricate the raw sources of a bank's phone campaign and the truth about them.

    Returns:
        The pipeline from ``params:demo`` to ``clients``, ``contacts``, ``indicators``, ``call_notes`` and ``truth``.
    """
    return Pipeline(
        [
            Node(draw_clients, inputs="params:demo", outputs="true_clients", name="draw_clients"),
            Node(draw_indicators, inputs="params:demo", outputs="true_indicators", name="draw_indicators"),
            Node(draw_contacts, inputs="params:demo", outputs="drawn_contacts", name="draw_contacts"),
            Node(draw_notes, inputs=["drawn_contacts", "params:demo"], outputs="true_notes", name="draw_notes"),
            Node(
                draw_outcomes,
                inputs=["drawn_contacts", "true_clients", "true_indicators", "true_notes", "params:demo"],
                outputs="all_contacts",
                name="draw_outcomes",
            ),
            Node(keep_campaign, inputs=["all_contacts", "params:demo"], outputs="true_contacts", name="keep_campaign"),
            Node(
                find_client_flaws,
                inputs=["true_clients", "params:demo"],
                outputs="client_flaws",
                name="find_client_flaws",
            ),
            Node(
                find_contact_flaws,
                inputs=["true_contacts", "client_flaws", "params:demo"],
                outputs="contact_flaws",
                name="find_contact_flaws",
            ),
            Node(publish_indicators, inputs="true_indicators", outputs="indicators", name="publish_indicators"),
            Node(spoil_clients, inputs=["true_clients", "client_flaws"], outputs="clients", name="spoil_clients"),
            Node(
                deliver_contacts,
                inputs=["true_contacts", "contact_flaws"],
                outputs="contacts",
                name="deliver_contacts",
            ),
            Node(write_notes, inputs=["true_notes", "all_contacts"], outputs="call_notes", name="write_notes"),
            Node(
                tell_truth,
                inputs=["true_contacts", "client_flaws", "contact_flaws", "params:demo"],
                outputs="truth",
                name="tell_truth",
            ),
        ],
        namespace="demo",
        prefix_datasets_with_namespace=False,
    )
