"""Asyncio SDK for Bilibili same followings."""
