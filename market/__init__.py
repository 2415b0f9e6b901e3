"""科转 KeZhuan: a technology-transfer marketplace, from the listing to the subsidy paid out."""
