"""The Python half of Inferscope's `keras` runtime: Python 3.7 or later, standard library only.

Loaded from its files by ../agent.py and ../hook/sitecustomize.py, never through sys.path, and its modules import each
other by `from .`: none of ours can stand in for a module of the user's or of the standard library.

  measure     a run of a model: `main`, and what it does in which order
  program/    the calls of an unmodified program
  recorder    spans in memory
  wrappers    how a function becomes a span
  seams       which function bounds which stage, by version; the first place that exists wins
  causes      why a graph was built
  channel     the lines to Node.js
  ruler       the clock, and what a span costs
  frameworks  Keras and TensorFlow as they are installed
  source      the model
  inputs      what it is fed
  variants    states of the model (`states`) x ways to call it (`calls`)
  tracers     what tells the operations inside a graph
  profile     cold call, warm-up, traced calls, rounds (`plan`), a new signature; `outputs` compares
  retracing   an experiment: which calls build a graph
  export      the same model for TensorFlow.js' converter
  errors      what the user is told
"""
