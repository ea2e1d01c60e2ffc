"""The sandbox held to Asana's OpenAPI document: answers, requests, and whatever else arrives."""
