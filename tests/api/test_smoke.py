async def test_x(home, ana, ben):
    r = await ana.get("/v1/me"); print(r.json(), r.headers)
    r = await ben.get("/v1/slots"); print(r.json())
    d = await ana.post("/v1/dates", json={"slot_id": r.json()["data"][0]["id"]}); print(d.json())
    print((await ben.get("/v1/dates")).json(), await home.count_rows())
    print((await ben.get("/v1/ideas", params={"slot_id":r.json()["data"][0]["id"]})).json())
