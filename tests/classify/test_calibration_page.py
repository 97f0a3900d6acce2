from __future__ import annotations

from tools.calibration import calibration_page, main


def test_the_page_is_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_the_page_shows_every_dataset_with_number_and_name_of_its_tier() -> None:
    page = calibration_page()
    assert "| A benefits register of 9 million people | C1, C2; 9,000,000 people | T4 exceptional |" in page
    assert "| Patient leaflets on the public website | named `patient-leaflets`; tag `data-classification=public` | T0 published |" in page
