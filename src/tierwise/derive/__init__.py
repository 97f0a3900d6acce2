"""Pure derivation of facts about relations and reach from the link graph; reads no source and knows no control."""
