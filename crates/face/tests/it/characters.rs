//! Character files: what is shipped is sound, and what is broken is told with its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use face::{Character, CharacterError};

const ART: &str = include_str!("../../characters/joe/art.svg");
const RIG: &str = include_str!("../../characters/joe/rig.toml");

fn refused(art: &str, rig: &str) -> CharacterError {
    Character::parse("art.svg", art, "rig.toml", rig).expect_err("refused")
}

/// The line of the rig that sets a key, counted from 1.
fn line_of(key: &str) -> usize {
    1 + RIG.lines().position(|line| line.starts_with(key)).unwrap()
}

#[test]
fn every_shipped_character_loads_and_says_who_drew_it() {
    for name in Character::names() {
        let character = Character::load(name).unwrap();
        assert_eq!(character.name().to_lowercase(), name);
        assert!(!character.licence().is_empty() && !character.credit().is_empty(), "{name}");
    }
}

#[test]
fn a_folder_is_a_character_and_another_name_is_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/characters/mei");
    assert_eq!(Character::load(folder).unwrap().name(), "Mei");
    let error = Character::load("nobody").unwrap_err().to_string();
    assert!(error.starts_with("nobody:1:1: -: is neither a folder nor one of the characters amara, "), "{error}");
    let error = Character::load(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap_err();
    assert!(error.file.ends_with("src/art.svg") && error.message.starts_with("cannot be read"), "{error}");
}

#[test]
fn errors_in_a_rig_name_file_line_column_and_key() {
    let line = line_of("half_width = 80");
    let error = refused(ART, &RIG.replace("half_width = 80", "half_width = 800")).to_string();
    assert!(
        error.starts_with(&format!("rig.toml:{line}:14: mouth.half_width: 800 is not between 30 and 130")),
        "{error}"
    );
    let error = refused(ART, &RIG.replace("half_width = 80", "half_width = nan")).to_string();
    assert!(error.starts_with(&format!("rig.toml:{line}:14: mouth.half_width: NaN is not between")), "{error}");
    let error = refused(ART, &RIG.replace("half_width = 80", "halfwidth = 80")).to_string();
    assert!(error.starts_with(&format!("rig.toml:{line}:1: mouth.halfwidth: unknown field")), "{error}");
    let error = refused(ART, &RIG.replace("half_width = 80\n", "")).to_string();
    assert!(error.contains(": mouth.half_width: missing field"), "{error}");
    let error = refused(ART, &RIG.replace("lash = \"#2b1912\"", "lash = \"brown\"")).to_string();
    let line = line_of("lash =");
    assert!(error.starts_with(&format!("rig.toml:{line}:8: colours.lash: \"brown\" is not a colour")), "{error}");
    let error = refused(ART, &RIG.replace("to = 734", "to = 640")).to_string();
    assert!(error.contains("jaw.to: must be at least"), "{error}");
}

#[test]
fn errors_in_the_art_name_the_place_or_the_layer() {
    let error = refused(&ART.replace("</svg>", "</svig>"), RIG);
    assert!(error.file == "art.svg" && error.line > 10, "{error}");
    assert_eq!(refused(&ART.replace("id=\"nose\"", "id=\"nase\""), RIG).key, "nose");
    let error = refused(&ART.replacen("width=\"1000\"", "width=\"900\"", 1), RIG);
    assert!(error.key == "svg" && error.message.contains("900 by 1000"), "{error}");
    assert!(Character::parse("art.svg", "", "rig.toml", RIG).is_err());
    assert!(Character::parse("art.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "rig.toml", RIG).is_err());
}

#[test]
fn hostile_art_is_refused_or_drawn_but_never_hangs_or_aborts() {
    let with = |inside: &str| ART.replacen("<defs>", &format!("{inside}<defs>"), 1);
    let deep = format!("{}{}", "<g>".repeat(20_000), "</g>".repeat(20_000));
    let doubling: String = (1..40)
        .map(|level| format!("<g id=\"d{level}\"><use href=\"#d{0}\"/><use href=\"#d{0}\"/></g>", level - 1))
        .collect();
    let doubling = format!("<g id=\"d0\"><rect width=\"9\" height=\"9\"/></g>{doubling}");
    let itself = "<g id=\"me\"><use href=\"#me\"/></g>";
    for (name, inside) in [("deep", deep.as_str()), ("doubling", doubling.as_str())] {
        let error = Character::parse("art.svg", &with(inside), "rig.toml", RIG).expect_err(name);
        assert_eq!(error.file, "art.svg", "{error}");
    }
    assert!(Character::parse("art.svg", &with(itself), "rig.toml", RIG).is_ok());
    let entities = format!(
        "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\
         <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]>{}",
        ART.replace("<title>Joe", "<title>&c;")
    );
    assert!(Character::parse("art.svg", &entities, "rig.toml", RIG).is_err());
}
