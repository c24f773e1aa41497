"""`lineart finetune-style`: a brush learnt from pictures, without torch."""
