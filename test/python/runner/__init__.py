"""The embedded Flyte runs what is registered: with flytekit's own clients, held to flytekit's own local runs."""
