newsletter init mynews
cd mynews
sed -i 's/^postal_address = ""/postal_address = "Harbor Office, 1 Quay, Kaldvik"/' newsletter.toml
newsletter list add daily --name "The Daily Brief"
newsletter subscriber add ada@example.org --list daily --name "Ada Byron" --consent "signed up at the fair"
newsletter subscriber add clara@example.org --list daily --name "Clara Maes" --consent "signed up at the fair"
cat > first.md <<'END'
---
title: The ferries stay
date: 2026-11-24
url: https://example.org/ferries
---

- The two ferries sail until March.
- The toll stays where it is.

The council voted on Monday evening. Both ferries sail until the end of March.
END
cat > second.md <<'END'
---
title: The ice road opens
date: 2026-11-25
url: https://example.org/ice-road
---

- The road over the bay opens on Thursday.
- It carries cars of up to two tonnes.

The harbor office measured the ice on Tuesday. The road opens on Thursday at eight.
END
newsletter brief add first.md second.md
