//! Weights of the evidence, by logistic regression: for a person to put into the policy. Pure.

use dialogue::Hint;

use super::judge::Seen;

/// Steps of the descent, and their size. The loss is convex: more of them change nothing.
const STEPS: usize = 20_000;
const RATE: f64 = 0.05;
/// Holds weights back that few pauses speak for.
const DECAY: f64 = 0.01;

/// The inputs that one set of evidence gives for a pause, if all of it is known.
type Inputs = fn(&Seen) -> Option<Vec<f64>>;

/// The weights of a constant and of every input of each set of evidence, as `dialogue::end_of_turn_probability` has them.
pub(super) fn fits(seen: &[&Seen]) -> Vec<(&'static str, Vec<f64>)> {
    let sets: [(&str, Inputs); 2] = [
        ("sound, sentence end, finished, unfinished, opening", |seen| {
            Some([&[sound(seen)?, sentence(seen)?][..], &hints(seen)].concat())
        }),
        ("sentence end, finished, unfinished, opening", |seen| Some([&[sentence(seen)?][..], &hints(seen)].concat())),
    ];
    let fitted = sets.into_iter().map(|(name, inputs)| {
        let known = seen.iter().filter_map(|pause| Some((inputs(pause)?, pause.pause.is_none())));
        let (rows, ends): (Vec<Vec<f64>>, Vec<bool>) = known.unzip();
        (name, fit(&rows, &ends))
    });
    fitted.collect()
}

fn sound(seen: &Seen) -> Option<f64> {
    let sound = f64::from(seen.judged_sound()?).clamp(0.002, 0.998);
    Some((sound / (1.0 - sound)).ln())
}

fn sentence(seen: &Seen) -> Option<f64> {
    Some(f64::from(seen.sentence_end?).max(1e-4).ln())
}

fn hints(seen: &Seen) -> [f64; 3] {
    [Hint::Finished, Hint::Unfinished, Hint::Opening].map(|hint| f64::from(u8::from(seen.hint == hint)))
}

/// The constant first. Pauses and ends weigh as much in all, however many there are of each.
fn fit(rows: &[Vec<f64>], ends: &[bool]) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    let mut weights = vec![0.0; width + 1];
    let count = |end: bool| ends.iter().filter(|one| **one == end).count().max(1) as f64;
    let share = [0.5 / count(false), 0.5 / count(true)];
    for _ in 0..STEPS {
        let mut slopes: Vec<f64> = weights.iter().map(|weight| weight * DECAY).collect();
        slopes[0] = 0.0;
        for (row, end) in rows.iter().zip(ends) {
            let sum = weights[0] + row.iter().zip(&weights[1..]).map(|(input, weight)| input * weight).sum::<f64>();
            let error = (1.0 / (1.0 + (-sum).exp()) - f64::from(u8::from(*end))) * share[usize::from(*end)];
            slopes[0] += error;
            slopes[1..].iter_mut().zip(row).for_each(|(slope, input)| *slope += error * input);
        }
        weights.iter_mut().zip(&slopes).for_each(|(weight, slope)| *weight -= RATE * slope);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_gets_weight_and_what_does_not_gets_none() {
        let rows: Vec<Vec<f64>> = (0..40).map(|n| vec![f64::from(n % 2), f64::from(n / 2 % 2)]).collect();
        let ends: Vec<bool> = (0..40).map(|n| n % 2 == 1).collect();
        let weights = fit(&rows, &ends);
        assert!(weights[1] > 2.0 && weights[2].abs() < 0.2 && weights[0] < 0.0, "{weights:?}");
    }
}
