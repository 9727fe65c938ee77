//! Visemes by the names and numbers of others: Oculus and OpenXR, Azure, VRM.

use super::Viseme;

/// The five mouths of a VRM avatar (VRM 1.0, `VRMC_vrm.expressions`, "lip sync").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VrmViseme {
    /// `aa`: wide open.
    Aa,
    /// `ih`: corners apart, nearly closed.
    Ih,
    /// `ou`: rounded, nearly closed.
    Ou,
    /// `ee`: corners apart, half open.
    Ee,
    /// `oh`: rounded, half open.
    Oh,
}

impl VrmViseme {
    /// All five, in VRM's order.
    pub const ALL: [Self; 5] = [Self::Aa, Self::Ih, Self::Ou, Self::Ee, Self::Oh];

    /// The name in VRM 1.0. VRM 0.x calls the same mouths `a i u e o`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aa => "aa",
            Self::Ih => "ih",
            Self::Ou => "ou",
            Self::Ee => "ee",
            Self::Oh => "oh",
        }
    }

    /// The mouth of that name, in VRM 1.0's or 0.x's spelling; capitals do not matter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "aa" | "a" => Self::Aa,
            "ih" | "i" => Self::Ih,
            "ou" | "u" => Self::Ou,
            "ee" | "e" => Self::Ee,
            "oh" | "o" => Self::Oh,
            _ => return None,
        })
    }

    /// The viseme that looks like it.
    #[must_use]
    pub const fn viseme(self) -> Viseme {
        match self {
            Self::Aa => Viseme::Aa,
            Self::Ih => Viseme::Ih,
            Self::Ou => Viseme::Ou,
            Self::Ee => Viseme::E,
            Self::Oh => Viseme::Oh,
        }
    }
}

impl Viseme {
    /// The nearest mouth of a VRM avatar and how much of it, 0..=1; none for the closed mouths (silence, p, b, m).
    #[must_use]
    pub const fn vrm(self) -> Option<(VrmViseme, f32)> {
        Some(match self {
            Self::Sil | Self::PP => return None,
            Self::FF => (VrmViseme::Ih, 0.25),
            Self::TH | Self::DD => (VrmViseme::Ih, 0.45),
            Self::Kk | Self::Nn => (VrmViseme::Ee, 0.4),
            Self::CH => (VrmViseme::Ou, 0.55),
            Self::SS => (VrmViseme::Ih, 0.6),
            Self::RR => (VrmViseme::Ou, 0.4),
            Self::Aa => (VrmViseme::Aa, 1.0),
            Self::E => (VrmViseme::Ee, 1.0),
            Self::Ih => (VrmViseme::Ih, 1.0),
            Self::Oh => (VrmViseme::Oh, 1.0),
            Self::Ou => (VrmViseme::Ou, 1.0),
        })
    }

    /// The viseme of Azure's number, 0..=21; none for others. Diphthongs (9..=11) become their first, stronger vowel.
    ///
    /// Source: Microsoft Learn, "Get facial position with viseme", table of viseme ids and IPA.
    #[must_use]
    pub const fn from_azure(id: u32) -> Option<Self> {
        Some(match id {
            0 => Self::Sil,
            // æ ə ʌ, ɑ, aʊ, aɪ
            1 | 2 | 9 | 11 => Self::Aa,
            // ɔ, o, ɔɪ
            3 | 8 | 10 => Self::Oh,
            // ɛ ʊ, h
            4 | 12 => Self::E,
            // ɝ, ɹ
            5 | 13 => Self::RR,
            // j i ɪ
            6 => Self::Ih,
            // w u
            7 => Self::Ou,
            // l
            14 => Self::Nn,
            // s z
            15 => Self::SS,
            // ʃ tʃ dʒ ʒ
            16 => Self::CH,
            // ð
            17 => Self::TH,
            // f v
            18 => Self::FF,
            // d t n θ
            19 => Self::DD,
            // k g ŋ
            20 => Self::Kk,
            // p b m
            21 => Self::PP,
            _ => return None,
        })
    }

    /// The name in OpenXR (extension `XR_META_face_tracking_visemes`).
    #[must_use]
    pub const fn openxr_name(self) -> &'static str {
        match self {
            Self::Sil => "XR_FACE_TRACKING_VISEME_SIL_META",
            Self::PP => "XR_FACE_TRACKING_VISEME_PP_META",
            Self::FF => "XR_FACE_TRACKING_VISEME_FF_META",
            Self::TH => "XR_FACE_TRACKING_VISEME_TH_META",
            Self::DD => "XR_FACE_TRACKING_VISEME_DD_META",
            Self::Kk => "XR_FACE_TRACKING_VISEME_KK_META",
            Self::CH => "XR_FACE_TRACKING_VISEME_CH_META",
            Self::SS => "XR_FACE_TRACKING_VISEME_SS_META",
            Self::Nn => "XR_FACE_TRACKING_VISEME_NN_META",
            Self::RR => "XR_FACE_TRACKING_VISEME_RR_META",
            Self::Aa => "XR_FACE_TRACKING_VISEME_AA_META",
            Self::E => "XR_FACE_TRACKING_VISEME_E_META",
            Self::Ih => "XR_FACE_TRACKING_VISEME_IH_META",
            Self::Oh => "XR_FACE_TRACKING_VISEME_OH_META",
            Self::Ou => "XR_FACE_TRACKING_VISEME_OU_META",
        }
    }

    /// Its number in Oculus Lipsync and in OpenXR, 0..=14: its place in [`Viseme::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The viseme of that name: Oculus' (`PP`), the morph target's of common glTF avatars (`viseme_PP`; there the
    /// vowels are `viseme_I`, `viseme_O`, `viseme_U`) or OpenXR's. Capitals do not matter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let short = name.strip_prefix("viseme_").unwrap_or(name);
        let short = match short {
            "I" => "ih",
            "O" => "oh",
            "U" => "ou",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|viseme| viseme.name().eq_ignore_ascii_case(short) || viseme.openxr_name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_viseme_is_found_at_its_number_and_by_every_name_of_its_own() {
        for (index, viseme) in Viseme::ALL.into_iter().enumerate() {
            assert_eq!(viseme.index(), index);
            assert_eq!(Viseme::from_name(viseme.name()), Some(viseme));
            assert_eq!(Viseme::from_name(&format!("viseme_{}", viseme.name())), Some(viseme));
            assert_eq!(Viseme::from_name(viseme.openxr_name()), Some(viseme));
        }
        assert_eq!(Viseme::from_name("viseme_U"), Some(Viseme::Ou));
        assert_eq!(Viseme::from_name("whistle"), None);
    }

    /// The example sounds of Microsoft's table.
    const AZURE: [&[&str]; 22] = [
        &[""],
        &["æ", "ʌ"],
        &["ɑ"],
        &["ɔ"],
        &["ɛ"],
        &["ɝ"],
        &["j", "i", "ɪ"],
        &["w", "u"],
        &["o"],
        &["aʊ"],
        &["ɔɪ"],
        &["aɪ"],
        &["h"],
        &["ɹ"],
        &["l"],
        &["s", "z"],
        &["ʃ", "tʃ", "dʒ", "ʒ"],
        &["ð"],
        &["f", "v"],
        &["d", "t"],
        &["k", "g", "ŋ"],
        &["p", "b", "m"],
    ];

    #[test]
    fn azures_numbers_agree_with_the_sounds_they_stand_for() {
        for (id, sounds) in (0..).zip(AZURE) {
            for sound in sounds {
                assert_eq!(Viseme::from_azure(id), Some(Viseme::from_ipa(sound)), "{id}: {sound}");
            }
        }
        assert_eq!(Viseme::from_azure(22), None);
    }

    #[test]
    fn the_five_vowels_go_to_vrm_and_back_and_shut_lips_have_no_vrm_mouth() {
        for mouth in VrmViseme::ALL {
            assert_eq!(mouth.viseme().vrm(), Some((mouth, 1.0)));
            assert_eq!(VrmViseme::from_name(mouth.name()), Some(mouth));
        }
        assert_eq!(Viseme::PP.vrm(), None);
        assert!(Viseme::ALL.iter().filter_map(|viseme| viseme.vrm()).all(|(_, weight)| weight > 0.0 && weight <= 1.0));
        assert_eq!(VrmViseme::from_name("U"), Some(VrmViseme::Ou));
    }
}
