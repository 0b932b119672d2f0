"""The only SQL: what is remembered, one module an aggregate. Knows neither HTTP nor Telegram."""
