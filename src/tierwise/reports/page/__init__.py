"""The HTML report: what its page says (`summary`, `stores`, `evidence`), counted before any markup is written, and the template that shows it."""
