"""Typed clients, on httpx. Give the client an aiohttp transport (`httpx_aiohttp`) where speed matters."""

from contracts.clients.gateway import GatewayClient, Refused

__all__ = ["GatewayClient", "Refused"]
