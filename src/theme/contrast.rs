//! How well one colour can be read on another.

use ratatui::style::Color;

use super::{Role, Theme, depth};

/// A colour as red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// What a colour looks like; the terminal's own ones as xterm has them. `None` is the terminal's own ground or ink.
    pub fn of(color: Color) -> Option<Self> {
        match color {
            Color::Rgb(r, g, b) => Some(Self(r, g, b)),
            Color::Indexed(number) => Some(depth::xterm(number)),
            color => depth::named(color),
        }
    }

    /// How bright it looks, from 0 to 1 (WCAG 2.2, relative luminance).
    pub fn luminance(self) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// How far two colours are apart, weighted as the eye is ("redmean").
    pub fn distance(self, other: Self) -> i32 {
        let [r, g, b] = [(self.0, other.0), (self.1, other.1), (self.2, other.2)]
            .map(|(one, other)| i32::from(one) - i32::from(other));
        let red = i32::midpoint(i32::from(self.0), i32::from(other.0));
        (((512 + red) * r * r) >> 8) + 4 * g * g + (((767 - red) * b * b) >> 8)
    }

    /// The hue in degrees; `None` is a grey.
    pub fn hue(self) -> Option<f64> {
        let (most, least) = (self.0.max(self.1).max(self.2), self.0.min(self.1).min(self.2));
        if most - least < 36 {
            return None;
        }
        let [r, g, b, range] = [self.0, self.1, self.2, most - least].map(f64::from);
        let sextant = if most == self.0 {
            (g - b) / range
        } else if most == self.1 {
            2.0 + (b - r) / range
        } else {
            4.0 + (r - g) / range
        };
        Some((sextant * 60.0).rem_euclid(360.0))
    }
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2).
pub(super) fn of(one: Rgb, other: Rgb) -> f64 {
    of_luminances(one.luminance(), other.luminance())
}

/// The contrast of two colours that are so bright.
pub(super) fn of_luminances(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl Theme {
    /// What is behind everything; `None` is the terminal's own ground.
    pub fn ground(&self) -> Option<Color> {
        self.style(Role::Text).bg
    }

    /// The grounds that text of a role stands on: its own, or the plain one and those of the rows that are marked.
    pub(super) fn grounds_of(&self, role: Role) -> Vec<Rgb> {
        let style = self.style(role);
        let own = style.bg.filter(|_| style.fg.is_some());
        let on = match (own, role.stands_in_rows()) {
            (Some(own), _) => vec![Some(own)],
            (None, false) => vec![self.ground()],
            (None, true) => {
                let marks = [Role::Selected, Role::SelectedIdle, Role::Changed].map(|mark| self.style(mark));
                // A mark that brings its own ink is asked for itself.
                let marks = marks.into_iter().filter(|mark| mark.fg.is_none()).filter_map(|mark| mark.bg);
                std::iter::once(self.ground()).chain(marks.map(Some)).collect()
            }
        };
        on.into_iter().flatten().filter_map(Rgb::of).collect()
    }
}

impl Role {
    /// Whether text of this role can stand in a row that is selected or has changed.
    fn stands_in_rows(self) -> bool {
        !matches!(self, Self::Border | Self::BorderFocused | Self::Title | Self::Key | Self::Input)
    }
}

#[cfg(test)]
mod tests {
    use super::super::depth::{Depth, READABLE};
    use super::*;

    /// Every pair of a role and a ground that meet, with too little contrast.
    fn unreadable(theme: &Theme) -> Vec<String> {
        let mut found = Vec::new();
        let ink = theme.style(Role::Text).fg;
        for role in Role::ALL {
            let Some(ink) = theme.style(*role).fg.or(ink).and_then(Rgb::of) else { continue };
            for ground in theme.grounds_of(*role) {
                let contrast = of(ink, ground);
                if contrast < READABLE {
                    found.push(format!("{}: {} is {ink:?} on {ground:?}: {contrast:.2}", theme.name, role.name()));
                }
            }
        }
        found
    }

    #[test]
    fn contrast_is_as_the_standard_has_it() {
        assert!((of(Rgb(0, 0, 0), Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((of(Rgb(119, 119, 119), Rgb(255, 255, 255)) - 4.48).abs() < 0.01);
    }

    #[test]
    fn every_pair_of_roles_that_meet_can_be_read_with_many_colours_and_with_few() {
        let mut found = Vec::new();
        for theme in Theme::shipped() {
            for depth in [Depth::Full, Depth::TwoFiftySix, Depth::Sixteen] {
                found.extend(unreadable(&theme.clone().at_depth(depth)).iter().map(|pair| format!("{depth:?} {pair}")));
            }
        }
        assert!(found.is_empty(), "{} pairs:\n{}", found.len(), found.join("\n"));
    }

    #[test]
    fn a_theme_that_brings_colours_of_its_own_paints_the_ground() {
        for theme in Theme::shipped() {
            let colours = Role::ALL.iter().flat_map(|role| [theme.style(*role).fg, theme.style(*role).bg]).flatten();
            let own = colours.into_iter().any(|color| matches!(color, Color::Rgb(..)));
            assert_eq!(own, theme.ground().is_some(), "{}", theme.name);
            // Without a ground of its own a theme must not lay a colour under a text: it cannot know how it looks.
            if theme.ground().is_none() {
                assert!(Role::ALL.iter().all(|role| theme.style(*role).bg.is_none()), "{}", theme.name);
            }
        }
    }
}
