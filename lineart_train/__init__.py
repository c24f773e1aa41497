"""Makes the models of lineart: draws its own training pairs, trains in PyTorch, exports ONNX."""
