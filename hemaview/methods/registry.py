"""Every model that HemaView can run and how its net is built: its own, then those that installed packages bring."""

from __future__ import annotations

from torch import nn

from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.cellshape import OutlineNet
from hemaview.methods.cellsplit import parts
from hemaview.methods.committee import Committee
from hemaview.methods.dunet import DUNet
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.efficientnetb0 import EfficientNetB0
from hemaview.methods.installed import installed_methods
from hemaview.methods.method import Method
from hemaview.methods.nodesunet import NodesUNet, equalised, set_tolerance
from hemaview.methods.pnet import PNet
from hemaview.methods.pspnet import PSPNet
from hemaview.methods.redandwhite import red_and_white
from hemaview.methods.seeker import Seeker
from hemaview.methods.sicklefinder import SickleFinder
from hemaview.methods.unet import UNet

__all__ = ["METHODS", "Method"]


def _cascade(classes: int, backbone: str = "lite0") -> nn.Module:
    from hemaview.methods.cascade import Cascade  # mmdet takes seconds to import: only who detects waits for it

    return Cascade(classes, backbone)


def _overview(classes: int, backbone: str = "lite0-short") -> nn.Module:
    from hemaview.methods.cascade import Cascade

    return Cascade(classes, backbone, soft=False, width=32, hidden=64, rois=64, ratios=(0.4, 1.0, 2.5))


METHODS: dict[str, Method] = {
    m.name: m
    for m in (
        Method(
            "red-cell-unet",
            "Cell segmentation, U-Net",
            "segmentation",
            "Finds every cell of a film and parts cells that touch (background, rim and core of each cell, watershed).",
            "Ronneberger, Fischer & Brox 2015 (U-Net), with core and rim outputs of our own.",
            lambda classes: UNet(classes, 16, 4),
        ),
        Method(
            "cell-kind-net",
            "Kind of cell",
            "classification",
            "Tells red cells, nucleated cells, platelets and dirt apart before finer models are asked.",
            "A network of eight convolutions of our own.",
            CellKindNet,
        ),
        Method(
            "red-cell-shape-net",
            "Red-cell morphology",
            "classification",
            "Names the shape of a red cell: the thirteen classes of Chula RBC-12.",
            "Tan & Le 2019 (EfficientNet, Lite0); classes of Naruenatthanaset et al. 2021.",
            EfficientNetLite0,
        ),
        Method(
            "red-cell-shape-committee",
            "Red-cell morphology, two nets asked",
            "classification",
            "Names the shape of a red cell by the mean answer of EfficientNet-Lite0 and EfficientNet-B0: the protocols' default.",
            "Tan & Le 2019 (EfficientNet); Elmanna et al. (B0); logarithmic pool of Genest & Zidek 1986.",
            lambda classes: Committee([EfficientNetLite0(classes), EfficientNetB0(classes)], (96, 80)),
            members=("red-cell-shape-net", "elmanna-b0"),
        ),
        Method(
            "nucleated-cell-net",
            "White cells and nucleated red cells",
            "classification",
            "Names nucleated cells: white cells with their immature stages, nucleated red cells, platelets, smudges.",
            "Tan & Le 2019 (EfficientNet, Lite0); classes of Acevedo et al. 2020 and Matek et al. 2019.",
            EfficientNetLite0,
        ),
        Method(
            "nucleated-cell-strangers",
            "Nucleated cells of strange films, and of marrow",
            "classification",
            "Names nucleated cells of laboratories that no net has seen; it is made fit for each film by the film's own cells.",
            "Tan & Le 2019 (EfficientNet, Lite0); Zhang et al. 2021 (adaptive risk minimisation); Li et al. 2018 (AdaBN).",
            EfficientNetLite0,
        ),
        Method(
            "sun-pnet",
            "p-net: erythroblast or not",
            "classification",
            "Nuclei by adaptive threshold and watershed, then a small net on padded patches: erythroblast or another cell.",
            "Sun et al., Deep learning-based adaptive detection of fetal nucleated red blood cells.",
            PNet,
        ),
        Method(
            "li-nodes-unet",
            "NODEs-UNet: nucleus and cytoplasm",
            "mask",
            "Background, cytoplasm and nucleus of a white cell; the net's bottom is solved as ordinary differential equations.",
            "Li et al. 2021, Robust blood cell image segmentation based on neural ordinary differential equations.",
            lambda classes: NodesUNet(classes, 8),
            equalised,
            traceable=False,
            solve_to=set_tolerance,
        ),
        Method(
            "li-nodes-fields",
            "NODEs-UNet: red and white cells of a field",
            "segmentation",
            "Ground, red cells and white cells of a whole field; the net's bottom is solved as ordinary differential equations.",
            "Li et al. 2021, Robust blood cell image segmentation based on neural ordinary differential equations.",
            lambda classes: NodesUNet(classes, 8),
            equalised,
            instances=red_and_white,
            traceable=False,
            solve_to=set_tolerance,
        ),
        Method(
            "wbc-mask-unet",
            "U-Net: nucleus and cytoplasm",
            "mask",
            "Background, cytoplasm and nucleus of a white cell: the default of this task.",
            "Ronneberger, Fischer & Brox 2015 (U-Net).",
            lambda classes: UNet(classes, 16, 4),
        ),
        *(
            Method(
                name,
                title,
                "segmentation",
                summary,
                source,
                build,
                instances=parts,
            )
            for name, title, summary, source, build in (
                (
                    "zhang-dunet",
                    "dU-Net: red cells",
                    "Cells against ground by a U-Net whose convolutions look where they learned to.",
                    "Zhang et al. 2020, RBC semantic segmentation for sickle cell disease based on deformable U-Net.",
                    lambda classes: DUNet(classes),
                ),
                (
                    "zhang-unet",
                    "U-Net of dU-Net's layout",
                    "The U-Net that Zhang et al. compare dU-Net with.",
                    "Ronneberger, Fischer & Brox 2015 (U-Net), in the widths of Zhang et al. 2020.",
                    lambda classes: DUNet(classes, deformable=False),
                ),
                (
                    "pspnet",
                    "PSPNet, small",
                    "Cells against ground by pooled features, for comparison.",
                    "Zhao et al. 2017, Pyramid scene parsing network; widths of our own.",
                    lambda classes: PSPNet(classes),
                ),
            )
        ),
        *(
            Method(
                name,
                title,
                "mask",
                "Ground, circular, elongated or other: the kind of red cell that each pixel of a picture of one cell is of.",
                "Zhang et al. 2020, RBC semantic segmentation for sickle cell disease based on deformable U-Net.",
                build,
            )
            for name, title, build in (
                ("zhang-dunet-classes", "dU-Net: kinds of red cells", lambda classes: DUNet(classes)),
                (
                    "zhang-unet-classes",
                    "U-Net of dU-Net's layout: kinds of red cells",
                    lambda classes: DUNet(classes, deformable=False),
                ),
            )
        ),
        Method(
            "cascade-blood",
            "Cascade R-CNN: blood cells as boxes",
            "detection",
            "Finds white cells, red cells and platelets as boxes.",
            "Cai & Vasconcelos 2019 (Cascade R-CNN, on mmdet); trunk of EfficientNet-Lite0.",
            _cascade,
            build_on=_cascade,
        ),
        Method(
            "wang-marrow-cascade",
            "Cascade R-CNN: marrow differential",
            "detection",
            "Finds and names the cells of a marrow aspirate, patch by patch; stitched to cells of the field.",
            "Wang et al. 2022, Deep learning for bone marrow cell detection and classification on whole-slide images.",
            _cascade,
            build_on=_cascade,
        ),
        Method(
            "wang-overview-cascade",
            "Cascade R-CNN: particles and trails",
            "detection",
            "Finds the particles of a marrow smear and their cellular trails on an overview: where cells are worth counting.",
            "Wang et al. 2022, Deep learning for bone marrow cell detection and classification on whole-slide images.",
            _overview,
            build_on=_overview,
        ),
        Method(
            "elmanna-b0",
            "EfficientNet-B0: red-cell morphology",
            "classification",
            "Names the shape of a red cell by the classifier of Elmanna et al.",
            "Elmanna et al., Deep learning segmentation and classification of red blood cells using a multi-scanner dataset.",
            EfficientNetB0,
        ),
        Method(
            "elmanna-cell-mask",
            "U-Net: mask of a red cell",
            "mask",
            "The mask of the red cell in the middle of a picture: the first stage of Elmanna et al.",
            "Elmanna et al., Deep learning segmentation and classification of red blood cells using a multi-scanner dataset.",
            lambda classes: UNet(classes, 16, 4),
        ),
        Method(
            "cell-outline",
            "Circular, elongated, other: by outline",
            "outline",
            "Tells elongated red cells (sickle shapes) from circular and other ones by measures of their outline and pallor.",
            "Hu 1962 (moments), Zahn & Roskies 1972 (Fourier); classes of erythrocytesIDB, Gonzalez-Hidalgo et al. 2015.",
            OutlineNet,
            beside="elmanna-cell-mask",
        ),
        Method(
            "nuclei-unet",
            "U-Net: nuclei as points",
            "points",
            "Finds the nuclei of marrow sections as points: the peaks of a map.",
            "Ronneberger, Fischer & Brox 2015 (U-Net); discs as targets, after Kainz et al. 2015.",
            lambda classes: UNet(classes, 16, 4),
        ),
        Method(
            "nucleated-cell-finder",
            "Nucleated cells at low power",
            "centres",
            "Finds what may be a nucleated cell at low power, so that a whole film can be searched; others name it.",
            "Zhou, Wang & Krähenbühl 2019 (heatmaps of centres); a small net of our own.",
            Seeker,
        ),
        Method(
            "sickle-cell-finder",
            "Sickle cells of a field",
            "centres",
            "Points at sickle cells on photographed fields, thin and pale ones that have no outline to go by among them.",
            "Zhou, Wang & Krähenbühl 2019 (heatmaps of centres); Tan & Le 2019 (EfficientNet, Lite0), its first stages.",
            SickleFinder,
        ),
        Method(
            "plasma-cell-unet",
            "U-Net: plasma cells",
            "mask",
            "The plasma cells of a field of a marrow aspirate as a mask.",
            "Ronneberger, Fischer & Brox 2015 (U-Net); data of Gupta et al. (SegPC-2021).",
            lambda classes: UNet(classes, 16, 4),
        ),
        Method(
            "elongation-net",
            "Circular, elongated, other",
            "classification",
            "Tells elongated red cells (sickle shapes) from circular and other ones.",
            "Tan & Le 2019 (EfficientNet, Lite0); classes of erythrocytesIDB, Gonzalez-Hidalgo et al. 2015.",
            EfficientNetLite0,
            shipped=False,
        ),
    )
}
METHODS.update({b.method.name: b.method for b in installed_methods() if b.method.name not in METHODS})
