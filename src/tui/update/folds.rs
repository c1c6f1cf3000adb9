//! Folding and unfolding the tree, and moving along one level of it.

use crate::tui::context_pane::ContextPane;
use crate::tui::path_view::When;
use crate::tui::rows::Fold;

/// Folds the selected node, or goes to the node above it.
pub(super) fn fold(side: &mut ContextPane) {
    let (Some(world), tree) = (&side.world, &mut side.tree) else { return };
    let Some(row) = tree.rows.get(tree.selected).copied() else { return };
    if row.fold == Fold::Open {
        tree.touched = true;
        tree.folds.fold(&world.outline, row.node);
        side.rebuild(Some(row.node));
        return;
    }
    let above = tree.rows[..tree.selected].iter().rposition(|above| above.depth < row.depth);
    if let Some(above) = above {
        tree.selected = above;
    }
}

/// Unfolds the selected node, or goes to the first below it.
pub(super) fn unfold(side: &mut ContextPane) {
    let (Some(world), tree) = (&side.world, &mut side.tree) else { return };
    let Some(row) = tree.rows.get(tree.selected).copied() else { return };
    if row.others > 0 {
        // Those beside the path are shown, the first of them selected.
        tree.touched = true;
        match world.outline.parent(row.node) {
            Some(above) => tree.path.whole.unfold(&world.outline, above),
            None => tree.path.whole_top = true,
        }
        side.rebuild(Some(row.node));
        return;
    }
    match row.fold {
        Fold::Leaf => {}
        Fold::Open => tree.selected += 1,
        Fold::Closed => {
            tree.touched = true;
            tree.folds.unfold(&world.outline, row.node);
            side.rebuild(Some(row.node));
        }
    }
}

/// Unfolds so many levels, and folds what is below.
pub(super) fn set_levels(side: &mut ContextPane, levels: usize) {
    let Some(world) = &side.world else { return };
    let keep = side.selected();
    side.tree.folds.set_levels(levels);
    side.tree.levels_of_all = None;
    // What the answer's path holds open is folded, too: the person says so.
    for (_, node) in side.highlighted.iter().enumerate().filter(|(depth, _)| *depth >= levels) {
        side.tree.folds.fold(&world.outline, *node);
    }
    side.tree.touched = true;
    side.rebuild(keep);
}

/// Goes to the next node of the same level, or to the one before.
pub(super) fn sibling(side: &mut ContextPane, forward: bool) {
    let rows = &side.tree.rows;
    let Some(row) = rows.get(side.tree.selected) else { return };
    let at = side.tree.selected;
    let found = if forward {
        rows[at + 1..]
            .iter()
            .take_while(|other| other.depth >= row.depth)
            .position(|other| other.depth == row.depth)
            .map(|by| at + 1 + by)
    } else {
        let start = rows[..at].iter().rposition(|other| other.depth < row.depth).map_or(0, |above| above + 1);
        rows[start..at].iter().rposition(|other| other.depth == row.depth).map(|by| start + by)
    };
    if let Some(found) = found {
        side.tree.selected = found;
    }
}

/// Shrinks the tree to the path of the answer, or shows everything again.
pub(super) fn path_only(side: &mut ContextPane) -> bool {
    if side.highlighted.is_empty() {
        return false;
    }
    let path = &mut side.tree.path;
    path.another_path();
    path.when = if path.shrunk { When::Never } else { When::Always };
    let keep = side.selected().or(side.highlighted.last().copied());
    side.rebuild(keep);
    true
}
