"""The ground every other package stands on; it knows no word of the business."""
