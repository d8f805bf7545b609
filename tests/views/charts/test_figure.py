import io
from collections import Counter

from PIL import Image

from views.charts import figure


def test_a_saved_chart_is_white_whatever_the_theme() -> None:
    """Around labels, too, where the page paints its own background."""

    def colours(background: str) -> Counter[object]:
        spec = {
            "data": {"name": "rows"},
            "datasets": {"rows": [{"x": 1, "halo": background}, {"x": 2, "halo": background}]},
            "mark": {"type": "point", "filled": True, "size": 400},
            "encoding": {
                "x": {"field": "x", "type": "quantitative"},
                "fill": {"field": "halo", "type": "nominal", "scale": None},
            },
        }
        picture = Image.open(io.BytesIO(figure.png_of(spec))).convert("RGB")
        return Counter(picture.get_flattened_data())

    white = colours("#ffffff")
    assert white.most_common(1)[0][0] == (255, 255, 255)
    assert len(white) > 1  # something is drawn
    assert colours("#0e1117") == white
