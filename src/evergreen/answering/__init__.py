"""From the raw rows of a request to answers: the plain way through tables, and a compiled one that must equal it."""

from evergreen.answering.answer import Answer, Answerer
from evergreen.answering.compiled import CompiledAnswerer, compile_answerer
from evergreen.answering.explain import CompiledExplainer
from evergreen.answering.plain import PlainAnswerer

__all__ = ["Answer", "Answerer", "CompiledAnswerer", "CompiledExplainer", "PlainAnswerer", "compile_answerer"]
